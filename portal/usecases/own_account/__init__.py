"""個人資料維護: what holders see and do about their own account."""
