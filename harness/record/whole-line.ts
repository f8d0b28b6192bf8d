import { spawnSync } from 'node:child_process'

/** What shells say of a text that goes on: dash, bash as sh, busybox. */
const goesOn = /unterminated|end of file|unexpected EOF/i

/** Whether a shell would wait for more: an open quote, a `for` without its `done`, a backslash at the end. */
export function isUnfinished(text: string): boolean {
  if (/(^|[^\\])(\\\\)*\\$/.test(text) || lacksDocument(text)) return true
  const { status, stderr } = spawnSync('sh', ['-n'], {
    input: `${text}\n`,
    encoding: 'utf8',
    timeout: 10_000,
  })
  return status !== 0 && goesOn.test(stderr)
}

/** Whether a here-document has no end yet, of which dash says nothing (POSIX, Shell Command Language, 2.7.4). */
function lacksDocument(text: string): boolean {
  const lines = text.split('\n').map((line) => line.trimStart())
  return lines.some((line, index) =>
    [...line.matchAll(/(?<!<)<<(?!<)-?[ \t]*['"\\]?([\w.-]+)/g)].some(
      ([, word = '']) => !lines.slice(index + 1).includes(word),
    ),
  )
}
