"""What an attempt may spend and what it took.

`platform` mints an attempt's token and closes its account at the platform services, `audit` puts the
metered figures over the reported ones, `estimate`
guesses what nobody counted, `abandoned` closes the accounts of attempts without a `finish`.
"""
