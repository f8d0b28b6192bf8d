import type { Duration } from '../duration.js'

/** One key of a file that says where the rest of the cloud is. */
export interface FileEdit {
  file: string
  /** `ini` for oslo.config files, `exports` for lines of the form `export KEY=value`. */
  format: 'ini' | 'exports'
  /** Only in `ini` files. */
  section?: string
  key: string
  /** `{controller}` is the controller's host name, `{address}` and `{name}` are the node's own. */
  value: string
}

/** What the nodes of one role must be told and must run. */
export interface RoleContract {
  /** Units or init scripts that run after boot. */
  services: readonly string[]
  /** The edits that point a node at the controller. */
  edits: readonly FileEdit[]
  /** What has to be restarted when an edit changed a file. */
  restart: readonly string[]
}

/** The version of each API that a cloud's services speak, where clients have to know: the others are told by the catalogue. */
export interface ApiVersions {
  identity: 'v2.0' | 'v3'
  image: 'v1' | 'v2'
  volume: 'v1' | 'v3'
}

/** What an image promises: init system, release, ports, credentials, configuration paths, service names. */
export interface Contract {
  name: string
  init: 'systemd' | 'sysv' | 'busybox'
  /** Words for the kernel command line that give a node its address; `{netmask}` and `{gateway}` are the network's. */
  kernelWords: string
  /** A command that prints what the node's logs say. */
  logs?: string
  roles: Readonly<Record<string, RoleContract>>
  /** The service that makes a controller's databases when there are none, and what a boot may take then. */
  firstBoot?: { service: string; deadline: Duration }
  /** The cloud's front doors and its administrator; none for images without OpenStack. */
  cloud?: {
    identityUrl: string
    apis: ApiVersions
    horizonUrl: string
    region: string
    credentials: { username: string; password: string; project: string; domain: string }
    /** Service type in the catalogue -> port. */
    ports: Readonly<Record<string, number>>
  }
}
