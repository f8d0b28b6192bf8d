import { expect, test } from 'vitest'
import { refusalOf } from './build-exactly.js'

test('what cannot be built of these packages says why in a line', () => {
  const said = `      1 s  pocket: unpacking the kernel
\u001b[31mIMAGE_BUILD_FAILED\u001b[39m Image pocket could not be built: this kernel has no module evdev.
  where: log: /cache/logs/pocket.log
  seen:  E: Some packages could not be installed.
         E: Unable to correct problems.`
  expect(refusalOf(said)).toEqual({
    why: 'this kernel has no module evdev.',
    log: '/cache/logs/pocket.log',
  })
})

test('whatever else ended it ends the bisect in the same words', () => {
  const said = 'HOST_DISK Building image compute needs 4096 MiB of free disk.\n  where: /cache'
  expect(() => refusalOf(said)).toThrow(
    expect.objectContaining({
      code: 'HOST_DISK',
      message: expect.stringContaining('needs 4096 MiB') as string,
    }),
  )
  expect(() => refusalOf('Killed', 137)).toThrow(expect.objectContaining({ code: 'INTERNAL' }))
})
