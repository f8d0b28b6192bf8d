import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { StackrigError } from '../../errors/index.js'
import { readDeployFolder } from '../../images/deploy-folder.js'
import { parseLock } from '../../images/lock-file.js'
import { formatQemubootConf, parseQemubootConf } from '../../images/qemuboot-conf.js'
import { qemubootValues } from '../../images/qemuboot-values.js'
import { parseRecipe, readRecipe } from '../../images/recipe.js'
import { parseYaml } from '../../images/yaml-text.js'
import { projectFolder } from '../../paths.js'
import { changed } from '../change.js'
import { Chance } from '../random.js'
import type { Row } from '../row.js'

/** One kind of file that stackrig reads and somebody else wrote. */
interface Parser {
  name: string
  valid: readonly string[]
  /** What the format gives a meaning to, and what its readers have stumbled over. */
  words: readonly string[]
  parse(text: string): unknown
  /** Whether it is a file of that format at all, whatever it says. */
  passesFirstCheck(text: string): boolean
}

const words = [
  '',
  '0',
  '-1',
  '1e999',
  '9'.repeat(400),
  'x'.repeat(9000),
  '\0',
  '../../..',
  'ÿ\ud800',
  '\u2028',
  '__proto__',
]
const yamlWords = [
  ...words,
  '&a [*a]',
  '*a',
  '<<: {a: 1}',
  '!!binary x',
  '!x y',
  '{',
  '[[[[',
  '- - - -',
  '|\n  x',
  'null',
  '%YAML 9',
  '? x',
  '~',
]
const isYaml = (text: string): boolean => 'content' in parseYaml(text)
const sha256 = 'a'.repeat(64)

const recipes = ['pocket', 'controller', 'instance', 'node'].map((name) =>
  readFileSync(join(projectFolder, 'fixtures', 'images', name, 'recipe.yaml'), 'utf8'),
)

const lock = `version: 1
images:
  compute:
    role: compute
    contract: debian-zed
    recipe: fixtures/images/compute
    recipeDigest: ${sha256}
    packagesDigest: ${sha256}
    packages:
      adduser: "3.134"
      apt: 2.6.1
  controller:
    role: controller
    contract: meta-openstack-thud
    folder: /deploy/images/qemux86-64
    conf: openstack-image-controller-qemux86-64.qemuboot.conf
    sha256:
      bzImage: ${sha256}
    address: 192.168.7.2
    release: thud
`

const conf = formatQemubootConf({
  ...qemubootValues(readRecipe('compute').recipe),
  qb_default_fstype: 'ext4',
})
const testData = JSON.stringify(
  {
    CONTROLLER_IP: '192.168.7.2',
    COMPUTE_IP: '192.168.7.4',
    DISTRO_CODENAME: 'thud',
    MACHINE: 'qemux86-64',
    DISTRO: 'poky',
    TEST_SUITES: 'ping',
    IMAGE_FSTYPES: 'ext4',
    TARGET_ARCH: 'x86_64',
    LAST: 'x',
  },
  null,
  1,
)

const confParser: Parser = {
  name: 'conf',
  valid: [conf],
  words: [
    ...words,
    '%',
    '%%',
    '%(kernel)s',
    '[config_bsp]',
    '=',
    ' = ',
    '@DEPLOY_DIR_IMAGE@',
    '../x',
    '.',
    ';',
    '-initrd x',
  ],
  parse: (text) => {
    const read = parseQemubootConf(text, 'x.qemuboot.conf')
    read.refuseUnknownKeys()
    return [read.resolved(), read.number('qb_mem'), read.kernel, read.rootfs, read.initrd]
  },
  passesFirstCheck: (text) => {
    try {
      return parseQemubootConf(text, 'x.qemuboot.conf').get('machine') !== undefined
    } catch {
      return false
    }
  },
}

const testDataParser: Parser = {
  name: 'testdata',
  valid: [testData],
  words: [
    '1,',
    'null,',
    '"x",',
    '[],',
    '{},',
    '"\\ud800",',
    '1e999,',
    'true,',
    '"",',
    `"${'x'.repeat(9000)}",`,
    '[[[[',
  ],
  parse: (text) => {
    const folder = mkdtempSync(join(tmpdir(), 'stackrig-torture-'))
    try {
      writeFileSync(join(folder, 'openstack-image-controller-qemux86-64.qemuboot.conf'), conf)
      writeFileSync(join(folder, 'openstack-image-controller-qemux86-64.testdata.json'), text)
      return readDeployFolder(folder)
    } finally {
      rmSync(folder, { recursive: true })
    }
  },
  passesFirstCheck: (text) => {
    try {
      return typeof JSON.parse(text) === 'object'
    } catch {
      return false
    }
  },
}

const parsers: readonly Parser[] = [
  confParser,
  {
    name: 'lock',
    valid: [lock],
    words: yamlWords,
    parse: (text) => parseLock(text, 'images.lock'),
    passesFirstCheck: isYaml,
  },
  {
    name: 'recipe',
    valid: recipes,
    words: yamlWords,
    parse: (text) => parseRecipe(text, 'recipe.yaml'),
    passesFirstCheck: isYaml,
  },
  testDataParser,
]

/** ms and bytes that one file may take. */
const longest = 100
const most = 64 * 1024 * 1024

const counts = new Map(parsers.map(({ name }) => [name, { cases: 0, past: 0, read: 0 }]))

/** An error with a code, or a value; in less than 100 ms and 64 MB. */
export const row: Row & { report(): string } = {
  name: 'parsers',
  amounts: { small: 4 * 20_000, nightly: 4 * 1_000_000 },
  attempt: (seed) => {
    const parser = parsers[seed % parsers.length]
    if (!parser) throw new RangeError('there is no such parser')
    const chance = new Chance(seed)
    const text = changed(chance.one(parser.valid), parser.words, chance)
    const count = counts.get(parser.name)
    const before = process.memoryUsage().heapUsed
    const { took, read } = timed(parser, text)
    const used = process.memoryUsage().heapUsed - before
    // Somebody else may have had the processor: what really takes long does so each time.
    if (took > longest && timed(parser, text).took > longest && timed(parser, text).took > longest)
      throw new Error(`${parser.name} took ${Math.round(took)} ms for ${JSON.stringify(text)}`)
    if (used > most) throw new Error(`${parser.name} took ${used} bytes for ${JSON.stringify(text)}`)
    if (count) {
      count.cases += 1
      count.past += parser.passesFirstCheck(text) ? 1 : 0
      count.read += read ? 1 : 0
    }
    return Promise.resolve()
  },
  report: () =>
    [...counts]
      .map(([name, { cases, past, read }]) => {
        const percent = (of: number): string => `${Math.round((100 * of) / Math.max(cases, 1))} %`
        return `${name}: ${percent(past)} past the first check, ${percent(read)} read`
      })
      .join('; '),
}

/** ms it took, and whether there was a value. */
function timed(parser: Parser, text: string): { took: number; read: boolean } {
  const started = performance.now()
  try {
    parser.parse(text)
    return { took: performance.now() - started, read: true }
  } catch (error) {
    if (error instanceof StackrigError && error.class !== 'internal')
      return { took: performance.now() - started, read: false }
    throw new Error(`${parser.name} threw no StackrigError for ${JSON.stringify(text)}`, { cause: error })
  }
}
