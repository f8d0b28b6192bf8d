import { createHash } from 'node:crypto'
import { StackrigError } from '../errors/index.js'
import { quoteWord } from '../shell-word.js'
import type { Shell } from './shell.js'

// What is typed into a shell in one piece; larger files go in several.
const typedPiece = 48 * 1024

// What is read in one piece: less than a command's output may have.
const readPiece = 8 * 1024 * 1024
const readBlock = 64 * 1024

/**
 * Writes a file on a node, in frames whose sum is checked at the end. Owner and mode of a file that is there stay.
 * @throws StackrigError COMMAND_FAILED when the file arrived damaged or cannot be written.
 */
export async function writeFile(shell: Shell, path: string, content: Buffer | string): Promise<void> {
  const data = Buffer.from(content)
  const target = quoteWord(path)
  const arriving = quoteWord(`${path}.arriving`)
  const frames = Array.from({ length: Math.ceil(data.length / typedPiece) }, (_, n) =>
    data.subarray(n * typedPiece, (n + 1) * typedPiece),
  )
  const sum = createHash('sha256').update(data).digest('hex')
  const has = (await succeed(shell, `: >${arriving}; command -v base64 || :`)).toString()
  const append = has.includes('base64') ? appendByBase64 : appendByPrintf
  for (const frame of frames) await succeed(shell, append(frame, arriving))
  await succeed(
    shell,
    `echo '${sum}  '${arriving} | sha256sum -c - && cat ${arriving} >${target} && rm ${arriving}`,
  )
}

const appendByBase64 = (piece: Buffer, file: string): string =>
  `base64 -d >>${file} <<'END'\n${piece.toString('base64')}\nEND\n`

/** Without base64(1), as busybox of older releases is built: printf is a builtin, and takes bytes in octal (POSIX, printf). */
function appendByPrintf(piece: Buffer, file: string): string {
  const text = piece.toString('latin1').replace(/[^\w \n.,:;=/+()<>[\]{}#@-]/g, (character) => {
    return `\\0${character.charCodeAt(0).toString(8).padStart(3, '0')}`
  })
  return `printf %b '${text}' >>${file}`
}

/**
 * Reads a file of a node, of any length, and checks that it arrived whole.
 * @throws StackrigError COMMAND_FAILED when it cannot be read, or changed meanwhile.
 */
export async function readFile(shell: Shell, path: string): Promise<Buffer> {
  const source = quoteWord(path)
  const pieces: Buffer[] = []
  let length = 0
  for (;;) {
    const piece = await succeed(shell, readCommand(source, length))
    pieces.push(piece)
    length += piece.length
    if (piece.length < readPiece) break
  }
  const data = Buffer.concat(pieces)
  const sum = await succeed(shell, `sha256sum <${source}`)
  const arrived = createHash('sha256').update(data).digest('hex')
  if (!sum.toString().startsWith(arrived)) {
    throw new StackrigError('COMMAND_FAILED', `${path} must arrive whole; it changed while it was read`)
  }
  return data
}

/** From a byte on, up to a piece of the file. A head(1) without -c says so before it reads; dd then counts in blocks. */
function readCommand(source: string, from: number): string {
  const rest = from === 0 ? `<${source}` : `<${source} tail -c +${from + 1} |`
  const blocks = `bs=${readBlock} skip=${from / readBlock} count=${readPiece / readBlock}`
  return `if head -c 1 </dev/null 2>/dev/null; then ${rest} head -c ${readPiece}; else <${source} dd ${blocks} 2>/dev/null; fi`
}

async function succeed(shell: Shell, command: string): Promise<Buffer> {
  const result = await shell.execute(command)
  if (result.exitCode === 0 && result.leftOut.stdout === 0) return result.stdout
  throw new StackrigError('COMMAND_FAILED', 'a file of a node must be reachable', {
    where: command.split('\n')[0],
    seen: result.stderr.toString(),
  })
}
