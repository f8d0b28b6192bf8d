import { constants } from 'node:fs'
import { access } from 'node:fs/promises'
import { delimiter, resolve } from 'node:path'
import { StackrigError } from '../errors/index.js'
import { settings } from '../settings.js'

/** Debian's packages of programs that people run beside a cloud. */
const packages: Readonly<Record<string, string>> = {
  openstack: 'python3-openstackclient',
  nova: 'python3-novaclient',
  neutron: 'python3-neutronclient',
  glance: 'python3-glanceclient',
  cinder: 'python3-cinderclient',
  swift: 'python3-swiftclient',
  tempest: 'tempest',
  tcpdump: 'tcpdump',
  tshark: 'tshark',
  ssh: 'openssh-client',
  curl: 'curl',
  ping: 'iputils-ping',
  nmap: 'nmap',
}

/** That a person's program can be started, as execvp(3) finds it. @throws StackrigError HOST_PROGRAM_MISSING with its Debian package */
export async function requireProgram(name: string, folders = settings().path): Promise<void> {
  const places = name.includes('/')
    ? [resolve(name)]
    : folders.split(delimiter).map((folder) => resolve(folder, name))
  for (const place of places) if (await isProgram(place)) return
  const known = packages[name]
  throw new StackrigError('HOST_PROGRAM_MISSING', `${name} must be installed`, {
    seen: name.includes('/') ? `${name} is no program` : 'it is in no folder of PATH',
    next:
      known === undefined
        ? `apt-file search bin/${name} names its Debian package`
        : `apt-get install ${known}`,
  })
}

const isProgram = (path: string): Promise<boolean> =>
  access(path, constants.X_OK).then(
    () => true,
    () => false,
  )
