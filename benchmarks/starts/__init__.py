"""Programs that do one thing: start, read the job whose id is their argument, and end with 0 where it is the right one.

Each is what its contender's users would write. Taking the interpreter down is not part of a start, so all end hard.
"""
