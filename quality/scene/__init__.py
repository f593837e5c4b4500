"""What a photo shows, by colour, position and texture alone, and measured facts about it."""
