"""Retouching maths: operators, the processes that they form, and the code that renders them."""
