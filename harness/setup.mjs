// Makes a fresh machine ready: Node's version, npm packages, programs of the host. Runs before `npm start` and
// `npm test`, when nothing is installed yet, so it uses Node's own modules only. With nothing to do it takes moments.
import { spawnSync } from 'node:child_process'
import { accessSync, constants, existsSync, readFileSync, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Program -> the Debian package that has it, and what it is for. */
const hostPrograms = JSON.parse(readFileSync(new URL('host-programs.json', import.meta.url), 'utf8'))

const root = fileURLToPath(new URL('..', import.meta.url))

/** @param {string} problem @param {string} next @returns {never} */
function stop(problem, next) {
  process.stderr.write(`HOST_PROGRAM_MISSING ${problem}\n  next:  ${next}\n`)
  process.exit(1)
}

/** @param {string} program */
function installed(program) {
  const folders = `${process.env.PATH ?? ''}${delimiter}/usr/sbin${delimiter}/sbin`.split(delimiter)
  return program.startsWith('/') ? existsSync(program) : folders.some((folder) => runs(join(folder, program)))
}

/** @param {string} file */
function runs(file) {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** @param {string[]} command */
function run([program = '', ...args]) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const { status } = spawnSync(program, args, { cwd: root, stdio: ['ignore', 2, 2], env })
  return status === 0
}

function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  if (major > 20 || (major === 20 && minor >= 19)) return
  stop(`Node ${process.versions.node} is too old`, 'install Node 20.19 or newer')
}

function installHostPrograms() {
  const missing = Object.entries(hostPrograms).filter(([program]) => !installed(program))
  if (missing.length === 0) return
  const packages = [...new Set(missing.map(([, entry]) => entry.package))]
  const install = ['apt-get', 'install', '--yes', '--no-install-recommends', ...packages]
  const root = process.getuid?.() === 0
  const sudo = root ? [] : ['sudo', '-n']
  const mayInstall = root || spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore' }).status === 0
  const command = `sudo apt-get update && sudo ${install.join(' ')}`
  if (!mayInstall || !installed('apt-get')) {
    const names = missing.map(([program]) => program).join(', ')
    // Everything but the tests in a terminal runs without these.
    if (missing.every(([, entry]) => entry.optional)) {
      process.stderr.write(`not installed, and not needed to run: ${names}\n`)
      return
    }
    stop(`not installed: ${names}`, command)
  }
  process.stderr.write(`installing from Debian: ${packages.join(' ')}\n`)
  run([...sudo, 'apt-get', 'update', '-qq'])
  if (!run([...sudo, 'env', 'DEBIAN_FRONTEND=noninteractive', ...install])) stop('apt-get failed', command)
}

function installNodePackages() {
  const lock = join(root, 'package-lock.json')
  // npm writes this file at the end of every install.
  const done = join(root, 'node_modules', '.package-lock.json')
  if (existsSync(done) && statSync(done).mtimeMs >= statSync(lock).mtimeMs) return
  process.stderr.write('installing npm packages from package-lock.json\n')
  const options = ['--no-audit', '--no-fund']
  if (run(['npm', 'ci', ...options])) return
  stop('the npm packages cannot be installed', 'npm ci')
}

checkNode()
// Compilers first: node-pty is built from source.
installHostPrograms()
installNodePackages()
