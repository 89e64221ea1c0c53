"""The vocabulary: what a job's record holds, which values it may hold, and how a job moves. Nothing here sends."""
