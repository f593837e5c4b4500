"""The recipe that turns one real picture into another: alignment, solver, and the checks that refuse a fit."""
