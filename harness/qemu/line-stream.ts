import type { Readable } from 'node:stream'

/**
 * Tells of every line of a stream. One longer than `longest` bytes is not kept: it ends in `tooLong`, and nothing more is
 * told.
 */
export function onLines(
  stream: Readable,
  longest: number,
  { line, tooLong }: { line: (text: string) => void; tooLong: () => void },
): void {
  let pieces: Buffer[] = []
  let length = 0
  let over = false
  stream.on('data', (data: Buffer) => {
    let start = 0
    for (let end = data.indexOf(10); !over && end >= 0; end = data.indexOf(10, start)) {
      const text = Buffer.concat([...pieces, data.subarray(start, end)]).toString()
      pieces = []
      length = 0
      start = end + 1
      line(text)
    }
    if (over) return
    const rest = data.subarray(start)
    length += rest.length
    if (length <= longest) {
      if (rest.length > 0) pieces.push(rest)
      return
    }
    over = true
    pieces = []
    tooLong()
  })
}
