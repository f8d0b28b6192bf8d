import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { ShellChannel, type CommandResult } from './shell-channel.js'
import { cutShell } from './testing/cut-shell.js'
import { isAlive } from './testing/is-alive.js'
import { localShell, localShells, type LocalShell } from './testing/local-shell.js'

let folder: string
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'channel-'))))
afterAll(() => rmSync(folder, { recursive: true }))

const soon = (): AbortSignal => AbortSignal.timeout(20_000)

const said = ({ exitCode, stdout, stderr }: CommandResult): unknown => [
  exitCode,
  stdout.toString(),
  stderr.toString(),
]

describe.each(localShells.map((words) => [words.join(' '), words] as const))('under %s', (_, words) => {
  let shell: LocalShell
  let channel: ShellChannel
  beforeEach(async () => {
    shell = localShell(words)
    channel = new ShellChannel('here', shell.output, shell.errors)
    await channel.start(soon())
  })
  afterEach(() => shell[Symbol.dispose]())
  const run = (command: string): Promise<CommandResult> => channel.run(command, soon())

  /** Results of these are of these: an exit status, a word on each stream. */
  const expectInStep = async (): Promise<void> => {
    for (const status of [0, 7, 255]) {
      expect(said(await run(`echo out${status}; echo err${status} >&2; exit ${status}`))).toEqual([
        status,
        `out${status}\n`,
        `err${status}\n`,
      ])
    }
  }

  test('a trace of the shell is in the result of the command that asked for it, and in no other', async () => {
    expect(said(await run('set -x; true'))).toEqual([0, '', expect.stringMatching(/^\++ true\n$/)])
    expect(said(await run('set -x; false'))).toMatchObject({ 0: 1 })
    expect(said(await run('set -xv; exit 3'))).toMatchObject({ 0: 3 })
    await expectInStep()
  })

  test.each([
    'echo ">$_m:0"; false',
    'echo ">$_m:0" >&2; false',
    'printf ">$_m:999\\n"',
    'printf ">$_m:"; exec sleep 0.1',
  ])('a command that says its own end fails, and nothing else does: %s', async (command) => {
    await expect(run(command)).rejects.toMatchObject({ code: 'SHELL_LOST' })
    await channel.start(soon())
    await expectInStep()
  })

  test('a command that says its own end on both streams has said so, and nothing else has', async () => {
    expect(said(await run('echo ">$_m:5"; echo ">$_m:5" >&2; echo more; false'))).toEqual([5, '', ''])
    await expectInStep()
  })

  test('the mark of an earlier command means nothing', async () => {
    const mark = (await run('echo "$_m"')).stdout.toString().trim()
    const words = [`<${mark}`, `>${mark}:0`, `?${mark.slice(1)}:1:0::`]
    for (const word of words) {
      expect(said(await run(`echo '${word}'; echo '${word}' >&2; exit 4`))).toEqual([
        4,
        `${word}\n`,
        `${word}\n`,
      ])
    }
  })

  test('ways to end: exec, exit, a trap, a kill, a syntax error, a failing redirection', async () => {
    expect(said(await run('exec sh -c "echo other; exit 3"'))).toEqual([3, 'other\n', ''])
    expect(said(await run("trap 'echo last' EXIT; exit 4"))).toEqual([4, 'last\n', ''])
    expect(said(await run("trap 'echo last' EXIT; echo first"))).toEqual([0, 'first\nlast\n', ''])
    expect(said(await run('trap - EXIT; echo first; false'))).toEqual([1, 'first\n', ''])
    expect(said(await run("sh -c 'kill -KILL $PPID'; echo never"))).toEqual([137, '', ''])
    expect((await run('if then (')).exitCode).not.toBe(0)
    expect((await run('exec 2>/nowhere/file; false')).exitCode).not.toBe(0)
    expect(said(await run('exec >/dev/null 2>&1; echo unheard; exit 6'))).toEqual([6, '', ''])
    expect(said(await run('set -e; false; echo never'))).toEqual([1, '', ''])
    await expectInStep()
  })

  test('a command whose loop is ended gets no result, and the next loop answers', async () => {
    await channel.run('kill -KILL $$; sleep 0.2', AbortSignal.timeout(500)).catch(() => undefined)
    await channel.start(soon())
    await expectInStep()
  })

  test('text of all kinds: no line, several, long, marks of the protocol, an input that ends at once', async () => {
    expect(said(await run(''))).toEqual([0, '', ''])
    expect(said(await run('# a comment\necho c\n\n'))).toEqual([0, 'c\n', ''])
    expect(said(await run(`echo ${'x'.repeat(100_000)}`))).toEqual([0, `${'x'.repeat(100_000)}\n`, ''])
    for (const line of ['?word', ':word echo a', '@stackrig echo a'])
      expect((await run(line)).exitCode).toBe(127)
    expect(said(await run('#word 5'))).toEqual([0, '', ''])
    expect(said(await run('cat; echo done'))).toEqual([0, 'done\n', ''])
    expect((await run(String.raw`printf '\000\001\r\n\177\200\377'`)).stdout).toEqual(
      Buffer.from('\0\x01\r\n\x7f\x80\xff', 'latin1'),
    )
    await expect(run('echo a\0b')).rejects.toMatchObject({ code: 'USAGE' })
    await expectInStep()
  })

  test('a process that keeps the output keeps the channel, until it ends; one that does not keeps nothing', async () => {
    await run('sleep 5 >/dev/null 2>&1 & echo $!')
    expect(await channel.ready(soon())).toBe(true)
    const keeping = join(folder, 'keeping')
    writeFileSync(keeping, '')
    const last = `while [ -e ${keeping} ]; do sleep 0.1; done`
    const pid = Number((await run(`(${last}; echo late; sleep 0.2; echo later) & echo $!`)).stdout)
    expect(await channel.ready(soon())).toBe(false)
    expect(channel.holders).toContain(pid)
    await expect(run('echo mine')).rejects.toMatchObject({ code: 'SHELL_LOST' })
    rmSync(keeping)
    await expect.poll(() => channel.ready(soon()), { timeout: 15_000 }).toBe(true)
    await expectInStep()
  })

  test('a process that left the session and sent 1 and 2 elsewhere is found by any descriptor', async () => {
    const keeping = join(folder, 'keeping')
    writeFileSync(keeping, '')
    const last = `while [ -e ${keeping} ]; do sleep 0.1; done`
    await run(
      `setsid sh -c "exec 7>&1 >/dev/null 2>&1 </dev/null; ${last}; echo late >&7; sleep 0.1" & sleep 0.2`,
    )
    expect(await channel.ready(soon())).toBe(false)
    rmSync(keeping)
    await expect.poll(() => channel.ready(soon()), { timeout: 15_000 }).toBe(true)
    await expectInStep()
  })

  test('what ends a channel ends its command and who keeps its output, and spares a daemon', async () => {
    const daemon = Number((await run('sleep 30 >/dev/null 2>&1 & echo $!')).stdout)
    const keeper = Number((await run('setsid sleep 31 >&2 & echo $!')).stdout)
    expect(await channel.ready(soon())).toBe(false)
    using other = localShell(words)
    const ender = new ShellChannel('here', other.output, other.errors)
    await ender.start(soon())
    expect((await ender.run(channel.ending ?? '', soon())).exitCode).toBe(0)
    expect(isAlive(daemon)).toBe(true)
    process.kill(daemon, 'SIGKILL')
    await expect.poll(() => isAlive(keeper)).toBe(false)
    await channel.start(soon())
    await expectInStep()
  })

  test('a command that talks with a person has the stream to itself', async () => {
    const { stream, ended } = await channel.converse('sh <&1; echo "the end"', soon())
    expect(channel.isQuiet).toBe(false)
    let heard = ''
    stream.on('data', (data: Buffer) => (heard += data.toString())).resume()
    stream.write('echo typed; exit\n')
    await expect.poll(() => heard).toMatch(/^typed\nthe end\n/)
    ended()
    expect(channel.isQuiet).toBe(true)
  })

  test('what such a command says at once is heard, also by a machine that is too busy to listen', async () => {
    await channel.ready(soon())
    const begun = channel.converse('echo "a prompt"; read -r line <&1', soon())
    // Sent by now; the mark of its beginning and its first words come in one piece.
    await new Promise(setImmediate)
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300)
    const { stream } = await begun
    let heard = ''
    stream.on('data', (data: Buffer) => (heard += data.toString())).resume()
    await expect.poll(() => heard).toMatch(/^a prompt\n/)
  })

  test('a cut of the streams at every byte changes nothing', async () => {
    for (let cut = 1; cut <= 120; cut++) {
      using pair = await cutShell(shell, () => cut)
      const mine = new ShellChannel('here', pair.output, pair.errors)
      await mine.greet(soon())
      const result = await mine.run('echo out; echo err >&2; exit 7', soon())
      expect(said(result), `cut after ${cut}`).toEqual([7, 'out\n', 'err\n'])
      expect(said(await mine.run('true', soon()))).toEqual([0, '', ''])
    }
  })
})
