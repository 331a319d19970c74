"""申請: from the captcha to the receipt, and changes before the decision."""
