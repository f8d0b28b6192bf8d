import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { execa } from 'execa'
import { expect, test } from 'vitest'
import { passingFolder } from '../testing/passing-folder.js'
import { MomentPages } from './moment-pages.js'

const { path: folder } = passingFolder()

const pageSize = 4096
/** As moment-pages.mjs has it. */
const magic = 0x314d5253

/** A file of pages, each of which is filled with a byte. */
async function pagesFile(name: string, pages: readonly (readonly [number, number])[]): Promise<string> {
  const numbers = Int32Array.from([magic, pages.length, ...pages.map(([number]) => number)])
  const filled = pages.map(([, byte]) => Buffer.alloc(pageSize, byte))
  return compressed(name, Buffer.concat([Buffer.from(numbers.buffer), ...filled]))
}

async function compressed(name: string, content: Buffer): Promise<string> {
  const file = join(folder, name)
  writeFileSync(`${file}.plain`, content)
  await execa('zstd', ['-q', '--rm', `${file}.plain`, '-o', file])
  return file
}

/** What byte each page of a file is filled with. */
async function bytesOf(file: string): Promise<Record<number, number>> {
  const { stdout } = await execa('zstd', ['-d', '-q', '-c', file], { encoding: 'buffer' })
  const data = Buffer.from(stdout)
  const count = data.readInt32LE(4)
  expect(data).toHaveLength(8 + count * (4 + pageSize))
  const pages = Array.from({ length: count }, (_, n) => {
    const start = 8 + 4 * count + n * pageSize
    const page = data.subarray(start, start + pageSize)
    expect(new Set(page).size).toBe(1)
    return [data.readInt32LE(8 + 4 * n), page[0] ?? 0] as const
  })
  const byNumber = Object.fromEntries(pages)
  expect(Object.keys(byNumber)).toHaveLength(count)
  return byNumber
}

test('of several moments the latest of each page is kept, also when there are more than are moved at once', async () => {
  const many = Array.from({ length: 5000 }, (_, n) => [n, 1] as const)
  const files = [
    await pagesFile('first', many),
    // Not in order: what the guest has given back stands at the end.
    await pagesFile('second', [
      ...[10, 11, 12, 2047, 2048, 2049, 6000].map((number) => [number, 2] as const),
      [3, 0],
    ]),
    await pagesFile('third', [[11, 3]]),
  ]
  const pages = new MomentPages('one')
  try {
    const merged = join(folder, 'merged')
    expect(await pages.merge(files, merged)).toBe(5001)
    expect(await bytesOf(merged)).toEqual({
      ...Object.fromEntries(many),
      ...{ 10: 2, 11: 3, 12: 2, 2047: 2, 2048: 2, 2049: 2, 6000: 2, 3: 0 },
    })
  } finally {
    await pages.close()
  }
})

test.each([
  ['cut short', (whole: Buffer) => whole.subarray(0, -1)],
  ['longer than it says', (whole: Buffer) => Buffer.concat([whole, Buffer.alloc(1)])],
  ['of another kind', (whole: Buffer) => Buffer.concat([Buffer.from('none'), whole.subarray(4)])],
  ['empty', () => Buffer.alloc(0)],
])('a file that is %s is refused, and nothing of it is left', async (name, spoil) => {
  const whole = readFileSync(await plainOf(await pagesFile(`${name} whole`, [[1, 7]])))
  const file = await compressed(name, spoil(whole))
  const before = readdirSync(folder)
  const pages = new MomentPages('one')
  try {
    await expect(pages.merge([file], join(folder, `${name} merged`))).rejects.toMatchObject({
      code: 'INTERNAL',
    })
    expect(readdirSync(folder)).toEqual(before)
  } finally {
    await pages.close()
  }
})

async function plainOf(file: string): Promise<string> {
  await execa('zstd', ['-d', '-q', file, '-o', `${file}.again`])
  return `${file}.again`
}
