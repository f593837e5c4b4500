"""The text format of VeraRetouch, and validators that hold a pair's words against its recipe and its pixels."""
