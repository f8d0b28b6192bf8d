import { pocket } from '../../../fixtures/topologies/pocket.js'
import { parseRecord } from '../../cluster/kept.js'
import { parseManifest } from '../../manifest.js'
import { parsePublished } from '../../sandbox/published.js'
import { parseOutermost } from '../../sandbox/outermost.js'
import { parseMomentInfo } from '../../snapshot/moment-info.js'
import { parseSnapshotInfo } from '../../snapshot/snapshot.js'
import { changedJson } from '../change-json.js'
import { words, type Parser } from './parser.js'

const digest = 'a'.repeat(64)
const boot = '0f3c2d1e-0000-4000-8000-000000000000'
const made = '2026-11-29T10:00:00.000Z'

const noteWords = [...words, made, '2026-13-99T99:99:99Z', 'size', 'digest', 'golden', 'nodes', 'files', '1']

/** What stackrig writes for itself, and another version, a full disk or a person may have written. */
export const noteParsers: readonly Parser[] = [
  note('manifest', parseManifest, {
    files: {
      'golden.json': { size: 130, digest },
      'one.memory': { size: 134_217_728, digest },
      x: { size: 0, digest },
    },
  }),
  note('record of a cluster', parseRecord, {
    ...{
      version: 1,
      name: 'pocket',
      started: made,
      accelerator: 'tcg',
      launcher: 'direct',
      clockBehind: 12.5,
    },
    topology: pocket,
    images: [
      { name: 'pocket', folder: '/cache/images/pocket', conf: '/cache/images/pocket/x.qemuboot.conf' },
    ],
  }),
  note('ports of a cluster', parsePublished, [{ wanted: 8080, host: '192.168.7.2', port: 80, at: 8081 }]),
  note('note of a sandbox', parseOutermost, { pid: 4711, started: '123456', boot, last: 1 }),
  note('note of a snapshot', parseSnapshotInfo, {
    topology: 'pair',
    key: digest.slice(40),
    took: 5123.5,
    made,
  }),
  note('note of a moment', parseMomentInfo, {
    ...{ version: 2, name: 'm', made, pause: 100, parent: '../before' },
    golden: { topology: 'pair', key: digest.slice(40), folder: '/cache/golden/pair', digest },
    joined: pocket.nodes,
    nodes: {
      one: {
        ...{ power: 'on', running: true, answers: true, memory: 'golden', alone: false, pages: 12 },
        layers: ['one.disk.qcow2.layer0'],
      },
      two: { power: 'off', layers: [] },
    },
  }),
]

function note(name: string, parse: (text: string) => unknown, valid: object): Parser {
  return {
    ...{ name, parse, valid: [JSON.stringify(valid, null, 2)], words: noteWords },
    change: changedJson,
    passesFirstCheck: isJson,
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
