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

/** A part of the software: what it is made of, and which other parts it cannot do without. */
export interface Part {
  /** Names of its services, as a release has them; what follows an `@` does not count. */
  services: readonly string[]
  /** The account that it runs as. */
  user?: string
  /** Folders and files that are its own. */
  paths: readonly string[]
  /** TCP ports that it answers at. */
  ports?: readonly number[]
  /** Other parts by their names; one that no node runs is not missed. */
  needs?: readonly string[]
  /**
   * Which facts of the contract's own (FactsCommand) are about it: those whose kind and subject, `endpoint image public`, match this
   * regular expression.
   */
  facts?: string
}

/** What users want of a cloud, and what that takes. */
export interface Purpose {
  /** Names of parts. */
  needs: readonly string[]
  /** What an error that is about it says: a regular expression, in capitals or not. */
  words: string
}

/** A command that prints what is so of a node beyond what every node is asked: lines of kind, subject and value, with tabs. */
export interface FactsCommand {
  role: string
  command: string
}

/**
 * The version of each API that a cloud speaks, where it changes what a client says. Compute (v2, v2.1) and network
 * (Quantum, Neutron) are the same for what is asked here.
 */
export interface ApiVersions {
  identity: 'v2.0' | 'v3'
  image: 'v1' | 'v2'
  volume: 'v1' | 'v3'
}

/**
 * What the images of a topology promise: init system, release, ports, credentials, configuration paths, service names.
 * `defineContract` makes one of its parts.
 */
export interface Contract {
  name: string
  init: 'systemd' | 'sysv' | 'busybox'
  /** Words for the kernel command line that give a node its address; `{netmask}` and `{gateway}` are the network's. */
  kernelWords: string
  /** A command that prints what the node's logs say. */
  logs?: string
  symptoms?: readonly Symptom[]
  /** What needs what; default: what every OpenStack is made of, where there is a cloud. */
  parts?: Readonly<Record<string, Part>>
  purposes?: Readonly<Record<string, Purpose>>
  /** What else is compared with the golden snapshot when something failed. */
  facts?: readonly FactsCommand[]
  roles: Readonly<Record<string, RoleContract>>
  /** The service that makes a controller's databases when there are none, and what a boot may take then. */
  firstBoot?: { service: string; timeout: Duration }
  /** The passwords of the images, and the command on the controller that gives the accounts those of a topology. */
  passwords?: Passwords & { set: string }
  /** How one speaks to the cloud, and as whom; none for images without OpenStack. */
  cloud?: {
    /** Keystone's address with its version; in URLs `{controller}` is the controller's host name. */
    identityUrl: string
    apis: ApiVersions
    /** Horizon's address, without a slash at the end. */
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

/** How nodes boot, and how they run services, whatever these are. */
export interface OperatingSystem extends Pick<Contract, 'init' | 'kernelWords' | 'logs'> {
  /** The units of a service that goes by another name here than in a release, which has that of its package. */
  units?: Readonly<Record<string, readonly string[]>>
}

/** What the nodes of an OpenStack release must be told and must run, role by role, and how one speaks to its cloud. */
export type Release = Omit<Contract, 'name' | 'init' | 'kernelWords' | 'logs'>

/** `three-node`: each role of a release has a node of its own. `all-in-one`: one node plays them all. */
export type Layout = 'three-node' | 'all-in-one'

/** What a contract is made of. */
export interface ContractParts {
  /** That of its file in `fixtures/contracts`: lower-case letters, digits, dots and hyphens. */
  name: string
  operatingSystem: OperatingSystem
  release: Release
  /** Default `three-node`. */
  layout?: Layout
}
