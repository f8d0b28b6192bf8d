// A faked apt: it names the packages that lie in the cache already, and asks no mirror.
import { chmodSync, existsSync, linkSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { makeFolder } from '../make-folder.js'
import { settings } from '../settings.js'

const wanted = /^(?:linux-image-[\d.-]+-cloud-amd64|busybox-static)_/

/** A cache in which the pocket image can be built again and again, without a mirror, and the environment of who does. */
export interface BuildPlace {
  cache: string
  env: Record<string, string>
}

/** Undefined when the packages are not in the real cache, whose folder of packages this is. */
export function openBuildPlace(folder: string, debs: string): BuildPlace | undefined {
  const present = existsSync(debs) ? readdirSync(debs).filter((file) => wanted.test(file)) : []
  const kernel = present.filter((file) => file.startsWith('linux')).at(-1)
  if (kernel === undefined || present.length < 2) return undefined
  const cache = join(folder, 'build')
  for (const part of ['debs', 'bin']) makeFolder(join(cache, part))
  for (const file of present) linkSync(join(debs, file), join(cache, 'debs', file))
  program(
    join(cache, 'bin', 'apt-get'),
    `case "$*" in *--print-uris*)
  for name; do :; done
  cd ${join(cache, 'debs')} && for file in "$name"_*; do echo "'file:$file' $file 0"; done
esac`,
  )
  program(join(cache, 'bin', 'apt-cache'), `echo '  Depends: ${kernel.split('_', 1).join('')}'`)
  return { cache, env: { STACKRIG_CACHE: cache, PATH: `${join(cache, 'bin')}:${settings().path}` } }
}

function program(file: string, lines: string): void {
  writeFileSync(file, `#!/bin/sh\n${lines}\n`)
  chmodSync(file, 0o755)
}
