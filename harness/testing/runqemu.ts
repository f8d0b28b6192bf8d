import { beforeAll, beforeEach } from 'vitest'

/**
 * The runqemu to test with: whoever has OpenEmbedded's script, which is no part of this project, says where. Without it the
 * tests of the calling file are left out, and say so.
 */
export function givenRunqemu(): string {
  const given = process.env['RUNQEMU'] ?? ''
  beforeAll(() => {
    if (!given) console.log('skipped: RUNQEMU not set')
  })
  beforeEach(({ skip }) => {
    skip(!given, 'RUNQEMU not set')
  })
  return given
}
