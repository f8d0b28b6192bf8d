import { describe, expect, test } from 'vitest'
import { ownHost } from '../testing/own-host.js'
import { stackrig } from './testing/stackrig.js'

ownHost({ cache: 'own' })

describe('wrong use exits 2, says what would be right, and shows no stack trace', () => {
  test.each([
    { words: ['fly'], says: /unknown command 'fly'[\s\S]*stackrig --help/ },
    { words: ['ps', '--fast'], says: /unknown option '--fast'/ },
    { words: ['shell'], says: /missing required argument 'node'/ },
    {
      words: ['up', 'nowhere'],
      says: /USAGE there is no topology or stage "nowhere"[\s\S]*three-node[\s\S]*instance-runs/,
    },
    { words: ['shell', 'one'], says: /CLUSTER_UNKNOWN[\s\S]*none is running[\s\S]*stackrig up/ },
    { words: ['bench', '--only', 'speed'], says: /USAGE --only wants names of figures[\s\S]*fork_ready_s/ },
    { words: ['down', 'gone'], says: /CLUSTER_UNKNOWN no cluster "gone" is running/ },
  ])('stackrig $words', async ({ words, says }) => {
    const { exitCode, stderr, stdout } = await stackrig(...words)
    expect(stderr).toMatch(says)
    expect(stderr).not.toMatch(/^\s+at /m)
    expect(stdout).toBe('')
    expect(exitCode).toBe(2)
  })
})

test('help is no failure', async () => {
  const { exitCode, stdout } = await stackrig('--help')
  expect(exitCode).toBe(0)
  for (const command of ['doctor', 'images', 'up', 'ps', 'shell', 'console', 'down', 'golden', 'bench'])
    expect(stdout).toContain(command)
})

describe('--json prints one document, and nothing else', () => {
  test.each([{ words: ['doctor'] }, { words: ['images'] }, { words: ['golden'] }, { words: ['ps'] }])(
    'stackrig $words',
    async ({ words }) => {
      const { stdout } = await stackrig(...words, '--json')
      expect(JSON.parse(stdout)).toBeInstanceOf(Array)
    },
  )
})
