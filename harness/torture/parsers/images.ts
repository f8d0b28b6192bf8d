import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readDeployFolder } from '../../images/deploy-folder.js'
import { parseLock } from '../../images/lock-file.js'
import { formatQemubootConf, parseQemubootConf } from '../../images/qemuboot-conf.js'
import { qemubootValues } from '../../images/qemuboot-values.js'
import { parseRecipe, readRecipe } from '../../images/recipe.js'
import { parseYaml } from '../../images/yaml-text.js'
import { projectFolder } from '../../paths.js'
import { changedJson } from '../change-json.js'
import { words, type Parser } from './parser.js'

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

let folder: string | undefined

/** A folder with the files that the conf names: without them no reader of it gets further than its kernel. */
function deployed(): string {
  if (folder !== undefined) return folder
  const made = (folder = mkdtempSync(join(tmpdir(), 'stackrig-torture-')))
  for (const file of ['bzImage', 'compute-image-qemux86-64.rootfs.ext4'])
    writeFileSync(join(made, file), file)
  process.once('exit', () => rmSync(made, { recursive: true, force: true }))
  return made
}

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
    const read = parseQemubootConf(text, join(deployed(), 'x.qemuboot.conf'))
    read.refuseUnknownKeys()
    return [read.resolved(), read.memoryMiB, read.kernel, read.rootfs, read.initrd]
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
  words,
  change: changedJson,
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

/** What people and builds write: images, their recipes, and the data of their tests. */
export const imageParsers: readonly Parser[] = [
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
