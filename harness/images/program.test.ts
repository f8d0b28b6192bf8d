import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { runLogged, type BuildLog } from './program.js'

let folder: string
let log: BuildLog
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'stackrig-program-'))
  log = { image: 'pocket', file: join(folder, 'pocket.log'), signal: new AbortController().signal }
})
afterEach(() => rmSync(folder, { recursive: true }))

test('a log that finds no room while the program runs is HOST_DISK', async () => {
  const full = { ...log, file: '/dev/full' }
  await expect(runLogged(full, 'sh', ['-c', 'echo one; sleep 0.3; echo two'])).rejects.toMatchObject({
    code: 'HOST_DISK',
    message: expect.stringMatching(/pocket must find room[\s\S]*ENOSPC/) as string,
  })
})

test('the password of a proxy is neither in the log nor in the error', async () => {
  const proxy = 'Acquire::http::Proxy "http://me:secret@proxy:3128/";'
  const failing = runLogged(log, 'sh', ['-c', 'echo "$0" >&2; exit 3', proxy])
  await expect(failing).rejects.toMatchObject({
    code: 'IMAGE_BUILD_FAILED',
    message: expect.not.stringContaining('secret') as string,
  })
  expect(readFileSync(log.file, 'utf8')).toMatch(/^\+ sh .*\/\/\*\*\*@proxy[\s\S]*\/\/\*\*\*@proxy/)
})
