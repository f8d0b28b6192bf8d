import { quoteWord } from '../shell-word.js'
import { markNumber } from './terminal-marks.js'

/** Words that a person types at `record>`, which are none of bash's. */
export const words = ['on', 'expect', 'step', 'horizon'] as const

export type Word = (typeof words)[number]

/**
 * What bash reads at first: it tells by marks what is typed, when it begins, and how it ended (bash(1), PS0, PROMPT_COMMAND), and
 * waits for whoever answers its words.
 * @param secret which marks have, so that nobody else can make one: no program that bash starts gets it
 * @param answers a FIFO: the exit status of a word, in a line
 */
export function bashFile(secret: string, answers: string): string {
  const mark = String.raw`\e]${markNumber};${secret}`
  return `# Written by stackrig record: it goes with the recording.
[ -r ~/.bashrc ] && . ~/.bashrc
unset HISTFILE HISTIGNORE HISTTIMEFORMAT PROMPT_COMMAND
HISTCONTROL= HISTSIZE=100000
shopt -s cmdhist lithist
set -o history
PS0=$'${mark};begin\\a'
PS1='record> '
PS2='> '
__stackrig_prompt() {
  local status=$?
  printf '${mark};end;%s;%s\\a' "$status" "$(HISTTIMEFORMAT= history 1 | base64 -w0)"
}
__stackrig_word() {
  local status=
  printf '${mark};word;%s;%s\\a' "$1" "$(shift; printf '%s\\0' "$@" | base64 -w0)" >/dev/tty
  read -r status <${quoteWord(answers)}
  return "\${status:-1}"
}
PROMPT_COMMAND=__stackrig_prompt
${words.map((word) => `unalias ${word} 2>/dev/null\n${word}() { __stackrig_word ${word} "$@"; }\n`).join('')}`
}

/** The line that `history 1` shows, without its number. */
export const typedIn = (history: string): string => history.replace(/^\s*\d+\*?\s\s?/, '').replace(/\n$/, '')

/** The arguments of a word, from its mark. */
export function argumentsOf(encoded: string): string[] {
  const text = Buffer.from(encoded, 'base64').toString()
  return text === '\0' ? [] : text.split('\0').slice(0, -1)
}
