"""The print figure of a finding and its caption."""
