/** What a line means that was typed at a node. */
export type TypedLine =
  | { kind: 'nothing' }
  | { kind: 'exit' }
  | { kind: 'word'; word: 'expect' | 'step'; rest: string }
  /** Changes the shell itself: it is done again before every later command. */
  | { kind: 'setting'; text: string }
  /** The output of a command becomes a variable. */
  | { kind: 'assignment'; variable: string; command: string }
  /** Wants a terminal of its own. */
  | { kind: 'screen'; command: string }
  | { kind: 'pause'; text: string }
  | { kind: 'command'; command: string }

/** Programs that draw on the whole screen, or ask a person; those of the second line do when they are given nothing to run. */
const screens = new RegExp(
  [
    String.raw`^(vi|vim|view|nano|emacs|less|more|most|man|top|htop|watch|screen|tmux|mc|dialog|whiptail|visudo|crontab -e)(\s+-\w+)*(\s+[\w./-]+)*$`,
    String.raw`^((bash|sh|python3?)(\s+-(?!c)\w+)*|(mysql|psql)(\s+-(?![ce])\w+)*(\s+\w+)?|su(\s+-)?(\s+\w+)?)$`,
  ].join('|'),
)

/** A shell's own words that are done again: nothing in them may do something that counts when it is done twice. */
const settings =
  /^(cd(\s.*)?|(export|unset|umask|ulimit|alias|unalias|set|shopt)\s.*|\.\s+\S+|source\s+\S+|([A-Za-z_]\w*=\S*\s*)+|[A-Za-z_]\w*=('[^']*'|"[^"]*"))$/

/** @param line as it was typed; several lines when one was not whole (`for …`, an open quote) */
export function readTyped(line: string): TypedLine {
  const text = line.trim()
  if (text === '' || text.startsWith('#')) return { kind: 'nothing' }
  if (/^(exit|logout)$/.test(text)) return { kind: 'exit' }
  const [, word, rest = ''] = /^(expect|step)(?:\s+(.*))?$/s.exec(text) ?? []
  if (word === 'expect' || word === 'step') return { kind: 'word', word, rest }
  const [, variable, , command] = /^(?:export\s+)?([A-Za-z_]\w*)=("?)\$\(([^()]*)\)\2$/s.exec(text) ?? []
  if (variable !== undefined && command !== undefined)
    return { kind: 'assignment', variable, command: command.trim() }
  if (/^sleep\s+[\d.]+[smh]?$/.test(text)) return { kind: 'pause', text }
  if (settings.test(text) && !/[;&|<>`\n]|\$\(/.test(text)) return { kind: 'setting', text }
  if (screens.test(text)) return { kind: 'screen', command: text }
  return { kind: 'command', command: text }
}

/** The words of `expect …`, without the quotes around a text. */
export function readExpectation(
  rest: string,
): { text: string; not: boolean } | { status: number } | undefined {
  const [, status] = /^status\s+(\d+)$/.exec(rest.trim()) ?? []
  if (status !== undefined) return { status: Number(status) }
  const [, not, said = ''] = /^(not\s+)?(.*)$/s.exec(rest.trim()) ?? []
  const text = said.replace(/^(['"])(.*)\1$/s, '$2')
  return text === '' ? undefined : { text, not: not !== undefined }
}
