"""Phases moved onto one grid."""
