"""The only door to the network: requests vetted, answers masked and recorded before anybody sees them."""
