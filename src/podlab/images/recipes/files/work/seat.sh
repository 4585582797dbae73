# Sourced by interactive shells: a prompt that says which pod this is, completion, colours.
case $- in *i*) ;; *) return ;; esac
[ -n "${BASH_VERSION:-}" ] || return 0

PS1='\[\e[1;34m\]\h\[\e[0m\]:\[\e[1;32m\]\w\[\e[0m\]\$ '
HISTCONTROL=ignoredups
shopt -s checkwinsize histappend
alias ls='ls --color=auto' ll='ls -l' grep='grep --color=auto'
export EDITOR="${EDITOR:-vim}" LESS="${LESS:--R}"
[ -n "${BASH_COMPLETION_VERSINFO:-}" ] || ! [ -r /usr/share/bash-completion/bash_completion ] ||
  . /usr/share/bash-completion/bash_completion
