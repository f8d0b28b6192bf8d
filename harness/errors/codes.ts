/**
 * Every failure of stackrig is a StackrigError with a code from this list.
 * The class of a code says who has to act: `usage` the caller, `host` whoever owns this machine, `image` whoever
 * built the image, `boot` and `service` the nodes, `assertion` the scenario, `internal` us.
 * A wait outlives an error when a later look may find better: a command that failed, a service that does not answer yet.
 */
export const codes = {
  /** A command, an option, or an argument that makes no sense. */
  USAGE: { class: 'usage', outlived: false },
  /** A topology that cannot exist: duplicate address, MAC or host name, an address outside the network. */
  TOPOLOGY_INVALID: { class: 'usage', outlived: false },
  /** A contract that no images can keep: a key that is set twice, a restart of what does not run, a URL without `{controller}`. */
  CONTRACT_INVALID: { class: 'usage', outlived: false },
  /** `images.lock` or a recipe is not of the documented form. */
  LOCK_INVALID: { class: 'usage', outlived: false },
  /** There is no running cluster of that name, or no such node in it. */
  CLUSTER_UNKNOWN: { class: 'usage', outlived: false },
  /** Another process holds all channels of a node, its console, or its QMP connection; the message names it. */
  NODE_HELD: { class: 'usage', outlived: true },
  /** Node is too old, or a program that stackrig runs is not installed. */
  HOST_PROGRAM_MISSING: { class: 'host', outlived: false },
  /** `/dev/net/tun` is missing or may not be opened. */
  HOST_NO_TUN: { class: 'host', outlived: false },
  /** This kernel or its settings forbid user namespaces. */
  HOST_NO_USER_NAMESPACES: { class: 'host', outlived: false },
  /** Less free memory than the nodes of a topology need. */
  HOST_MEMORY: { class: 'host', outlived: false },
  /** Less free disk than the work needs. */
  HOST_DISK: { class: 'host', outlived: false },
  /** A folder for sockets or disks belongs to somebody else, is a link, is open to others, or cannot be written. */
  HOST_FOLDER: { class: 'host', outlived: false },
  /** A limit of this user is reached: open files, processes. */
  HOST_LIMIT: { class: 'host', outlived: false },
  /** A process of a cluster did not end although it was killed. */
  SANDBOX_STUCK: { class: 'host', outlived: false },
  /** An image named in a topology has not been built or imported. */
  IMAGE_MISSING: { class: 'image', outlived: false },
  /** A file of an image has another digest than `images.lock` says. */
  IMAGE_MISMATCH: { class: 'image', outlived: false },
  /** A recipe's build failed; the message ends with the last lines of its log. */
  IMAGE_BUILD_FAILED: { class: 'image', outlived: false },
  /** `--frozen` was asked for and the built packages differ from `images.lock`. */
  IMAGE_MOVED: { class: 'image', outlived: false },
  /** A version of a package that an exact build needs is neither in a kept download nor in any source. */
  PACKAGE_MISSING: { class: 'host', outlived: false },
  /** A fault that cannot be had on a node: a tool, a device, a service or a name that it needs is not there. */
  FAULT_IMPOSSIBLE: { class: 'usage', outlived: false },
  /** A golden snapshot, or a moment, is not there any more, or its files are not what was written. */
  SNAPSHOT_BROKEN: { class: 'host', outlived: false },
  /** A depot does not answer, or has no golden snapshot that this machine can use. */
  DEPOT_MISSING: { class: 'host', outlived: false },
  /** A `*.qemuboot.conf` cannot be read or lacks a key. */
  QEMUBOOT_INVALID: { class: 'image', outlived: false },
  /** QEMU ended when it should run; the message holds its own words. */
  QEMU_DIED: { class: 'boot', outlived: false },
  /** A QMP command was refused by QEMU, or not answered in time. */
  QMP_FAILED: { class: 'boot', outlived: true },
  /** The kernel of a node panicked, oopsed, ran out of memory, or gave up to an emergency shell. */
  NODE_CRASHED: { class: 'boot', outlived: false },
  /** The console did not show a login prompt, or login failed. */
  LOGIN_FAILED: { class: 'boot', outlived: false },
  /** An image lacks a program that the shells or the files of its node need. */
  GUEST_PROGRAM_MISSING: { class: 'boot', outlived: false },
  /** The processes of a sandbox ended unasked. */
  SANDBOX_DIED: { class: 'boot', outlived: false },
  /** The shell of a node closed or broke its framing. */
  SHELL_LOST: { class: 'boot', outlived: true },
  /** A command on a node exited non-zero (`run`). */
  COMMAND_FAILED: { class: 'service', outlived: true },
  /** A wait reached its time-out; the message says what was last seen. */
  WAIT_TIMEOUT: { class: 'service', outlived: true },
  /** A service is not running where it should. */
  SERVICE_DOWN: { class: 'service', outlived: true },
  /** An API answered with an error status, or not in the documented form. */
  API_FAILED: { class: 'service', outlived: true },
  /** What must hold of a cloud when a scenario has ended, or while one goes on, did not. */
  INVARIANT_BROKEN: { class: 'service', outlived: false },
  /** A connection to a host that is not of the topology was asked for, and refused. */
  OUTSIDE_SANDBOX: { class: 'service', outlived: false },
  /** A resource reached a state from which the wanted one cannot be reached. */
  UNEXPECTED_STATE: { class: 'service', outlived: false },
  /** Work was given up because its caller asked to. */
  ABORTED: { class: 'usage', outlived: false },
  /** A defect of stackrig. */
  INTERNAL: { class: 'internal', outlived: false },
} as const satisfies Record<string, { class: ErrorClass; outlived: boolean }>

export type ErrorClass = 'usage' | 'host' | 'image' | 'boot' | 'service' | 'internal'
export type ErrorCode = keyof typeof codes

/** All codes, for the documentation and its test. */
export const errorCodes = Object.keys(codes) as ErrorCode[]
