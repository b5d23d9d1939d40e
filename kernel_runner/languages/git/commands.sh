# In a git kernel a line may leave out the word git. Names that the shell's own users rely on
# (cd, grep, mv, rm, help) stay the shell's.
for _kr_name in add am apply archive bisect blame branch checkout cherry-pick clean clone commit \
  config describe diff fetch gc init log merge mergetool notes pull push range-diff rebase reflog \
  remote reset restore revert rev-list rev-parse shortlog show stash status submodule switch tag \
  worktree; do
  eval "$_kr_name() { command git $_kr_name \"\$@\"; }"
done
unset _kr_name
