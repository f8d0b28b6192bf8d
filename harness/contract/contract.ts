import type { Duration } from '../duration.js'

/** One key of a file that says where the rest of the cloud is. */
export interface FileEdit {
  file: string
  /** `ini` for oslo.config files, `exports` for lines of the form `export KEY=value`. */
  format: 'ini' | 'exports'
  /** Only in `ini` files. */
  section?: string
  key: string
  /**
   * `{controller}` is the controller's host name, `{address}` and `{name}` are the node's own, `{adminPassword}` and
   * `{servicePassword}` are the topology's.
   */
  value: string
}

/** The administrator's password, and the one of the accounts that OpenStack's services ask Keystone with. */
export interface Passwords {
  admin: string
  service: string
}

/** What the nodes of one role must be told and must run. */
export interface RoleContract {
  /** MiB; with less the node's services do not come up. */
  memoryMiB?: number
  /** Units or init scripts that run after boot. */
  services: readonly string[]
  /** The edits that point a node at the controller. */
  edits: readonly FileEdit[]
  /** What has to be restarted when an edit changed a file. */
  restart: readonly string[]
}

/** Something in a node's logs that tells why a cloud does not work. */
export interface Symptom {
  role: string
  /** Prints the lines that show it; nothing when it is not there. */
  command: string
  /** A whole sentence. */
  means: string
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
  symptoms?: readonly Symptom[]
  roles: Readonly<Record<string, RoleContract>>
  /** The service that makes a controller's databases when there are none, and what a boot may take then. */
  firstBoot?: { service: string; timeout: Duration }
  /** The passwords of the images, and the command on the controller that gives the accounts those of a topology. */
  passwords?: Passwords & { set: string }
  /** The cloud's front doors and its administrator; none for images without OpenStack. */
  cloud?: {
    identityUrl: string
    apis: ApiVersions
    horizonUrl: string
    region: string
    /** The password is here only when the contract has no `passwords`. */
    credentials: { username: string; password?: string; project: string; domain: string }
    /** Whether its first instance and pages are made before the snapshot; where nobody has seen that work, they are not. */
    warmUp?: true
    /** Service type in the catalogue -> port. */
    ports: Readonly<Record<string, number>>
  }
}
