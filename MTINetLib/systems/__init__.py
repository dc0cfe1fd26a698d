"""The systems that MTI-Net is compared with, trained and asked as it is. See README.md."""
