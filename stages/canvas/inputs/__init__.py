"""Image files as they come: opened, checked, decoded, their colours made sRGB."""
