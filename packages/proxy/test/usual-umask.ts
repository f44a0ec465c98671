// Tests lay files for other users, such as those that root has the applications run as: also where whoever runs the tests keeps theirs.
process.umask(0o022);
