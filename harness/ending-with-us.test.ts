import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { ensureModules } from './build.mjs'
import { endingWithUs } from './ending-with-us.js'
import { runs } from './testing/runs.js'

const built = join(await ensureModules(), 'harness', 'ending-with-us.js')

/** Whatever else this machine does. */
const patient = { timeout: 30_000 }

test('what runs has its words, and is a child of this process', async () => {
  const [program, ...words] = endingWithUs(
    'TERM',
    'sh',
    '-c',
    'echo "$PPID|$1|$2"; exit 7',
    'x',
    "a 'b' $c",
    '',
  )
  const child = spawn(program, words)
  let said = ''
  child.stdout.on('data', (data: Buffer) => (said += data.toString()))
  expect(await once(child, 'close')).toEqual([7, null])
  expect(said).toBe(`${process.pid}|a 'b' $c|\n`)
  const [absent, ...rest] = endingWithUs('TERM', 'no-such-program')
  expect(await once(spawn(absent, rest), 'close')).toEqual([127, null])
})

test('it ends with whoever began it, and an orphan does not begin', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ending-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'begun')
  const begin = (command: string): string => `const { endingWithUs } = await import(${JSON.stringify(built)})
    const { spawn } = await import('node:child_process')
    const [program, ...words] = endingWithUs('KILL', 'sh', '-c', ${JSON.stringify(command)})
    console.log(spawn(program, words).pid)`
  const parent = spawn(process.execPath, [
    '--input-type=module',
    '--eval',
    begin(`echo >${file}; exec sleep 1234`),
  ])
  const [pid] = (await once(parent.stdout, 'data')) as [Buffer]
  await vi.waitFor(() => expect(existsSync(file)).toBe(true), patient)
  parent.kill('SIGKILL')
  await vi.waitFor(() => expect(runs(pid.toString().trim())).toBe(false), patient)

  rmSync(file)
  // The one that it is to end with is another process than the one that begins it.
  const [program, ...words] = endingWithUs('KILL', 'sh', '-c', `echo >${file}`)
  const orphan = spawn('sh', ['-c', '"$@"; echo "$?"', 'sh', program, ...words])
  expect(await once(orphan.stdout, 'data')).toEqual([Buffer.from('1\n')])
  expect(existsSync(file)).toBe(false)
})
