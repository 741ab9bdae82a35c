export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

const BASH = `# lam completion for bash
_lam() {
  local line=\${COMP_LINE:0:COMP_POINT} IFS=$' \\t\\n' words cur
  read -ra words <<< "$line"
  [[ $line == *[[:space:]] ]] && words+=('')
  cur=\${words[\${#words[@]}-1]}
  IFS=$'\\n'
  COMPREPLY=($(lam __complete -- "\${words[@]:1}" 2>/dev/null))
  # bash counts @ : and = as ends of words and replaces only what follows the last of them
  if [[ $cur == *[@:=]* ]]; then
    local head=\${cur%"\${cur##*[@:=]}"}
    COMPREPLY=("\${COMPREPLY[@]#"$head"}")
  fi
}
complete -o default -F _lam lam
`;

const ZSH = `#compdef lam
_lam() {
  local -a found
  found=("\${(@f)$(lam __complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if (( \${#found} )) && [[ -n $found[1] ]]; then
    compadd -Q -- "\${found[@]}"
  else
    _files
  fi
}
compdef _lam lam
`;

const FISH = `# lam completion for fish
function __lam_complete
    set -l words (commandline -opc) (commandline -ct)
    lam __complete -- $words[2..] 2>/dev/null
end
complete -c lam -f -a '(__lam_complete)'
`;

/** The completion script of a shell. */
export function completionScript(shell: Shell): string {
  return { bash: BASH, zsh: ZSH, fish: FISH }[shell];
}
