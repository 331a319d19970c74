"""憑證卡片: what a card signs, and how the portal checks it. `verify.verify` is the way in.

Time, folders and addresses are arguments. Only what an operator wrote down is trusted or asked: no address that a
certificate names is ever followed.
"""
