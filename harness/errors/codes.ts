/**
 * Every failure of stackrig is a StackrigError with a code from this list.
 * The class of a code says who has to act: `usage` the caller, `host` whoever owns this machine, `image` whoever
 * built the image, `boot` and `service` the nodes, `assertion` the scenario, `internal` us.
 */
export const codes = {
  /** A command, an option, or an argument that makes no sense. */
  USAGE: 'usage',
  /** A topology that cannot exist: duplicate address, MAC or host name, an address outside the network. */
  TOPOLOGY_INVALID: 'usage',
  /** `images.lock` or a recipe is not of the documented form. */
  LOCK_INVALID: 'usage',
  /** There is no running cluster of that name, or no such node in it. */
  CLUSTER_UNKNOWN: 'usage',
  /** Node is too old, or a program that stackrig runs is not installed. */
  HOST_PROGRAM_MISSING: 'host',
  /** `/dev/net/tun` is missing or may not be opened. */
  HOST_NO_TUN: 'host',
  /** This kernel or its settings forbid user namespaces. */
  HOST_NO_USER_NAMESPACES: 'host',
  /** Less free memory than the nodes of a topology need. */
  HOST_MEMORY: 'host',
  /** Less free disk than the work needs. */
  HOST_DISK: 'host',
  /** A folder for sockets or disks belongs to somebody else, is a link, is open to others, or cannot be written. */
  HOST_FOLDER: 'host',
  /** A limit of this user is reached: open files, processes. */
  HOST_LIMIT: 'host',
  /** A process of a cluster did not end although it was killed. */
  SANDBOX_STUCK: 'host',
  /** An image named in a topology has not been built or imported. */
  IMAGE_MISSING: 'image',
  /** A file of an image has another digest than `images.lock` says. */
  IMAGE_MISMATCH: 'image',
  /** A recipe's build failed; the message ends with the last lines of its log. */
  IMAGE_BUILD_FAILED: 'image',
  /** `--frozen` was asked for and the built packages differ from `images.lock`. */
  IMAGE_MOVED: 'image',
  /** A `*.qemuboot.conf` cannot be read or lacks a key. */
  QEMUBOOT_INVALID: 'image',
  /** QEMU ended when it should run; the message holds its own words. */
  QEMU_DIED: 'boot',
  /** A QMP command was refused by QEMU, or not answered in time. */
  QMP_FAILED: 'boot',
  /** The kernel of a node panicked, oopsed, ran out of memory, or gave up to an emergency shell. */
  NODE_CRASHED: 'boot',
  /** The console did not show a login prompt, or login failed. */
  LOGIN_FAILED: 'boot',
  /** The processes of a sandbox ended unasked. */
  SANDBOX_DIED: 'boot',
  /** The shell of a node closed or broke its framing. */
  SHELL_LOST: 'boot',
  /** A command on a node exited non-zero (`run`). */
  COMMAND_FAILED: 'service',
  /** A wait reached its time-out; the message says what was last seen. */
  WAIT_TIMEOUT: 'service',
  /** A service is not running where it should. */
  SERVICE_DOWN: 'service',
  /** An API answered with an error status, or not in the documented form. */
  API_FAILED: 'service',
  /** A connection to a host that is not of the topology was asked for, and refused. */
  OUTSIDE_SANDBOX: 'service',
  /** A resource reached a state from which the wanted one cannot be reached. */
  UNEXPECTED_STATE: 'assertion',
  /** Work was given up because its caller asked to. */
  ABORTED: 'usage',
  /** A defect of stackrig. */
  INTERNAL: 'internal',
} as const satisfies Record<string, ErrorClass>

export type ErrorClass = 'usage' | 'host' | 'image' | 'boot' | 'service' | 'assertion' | 'internal'
export type ErrorCode = keyof typeof codes

/** All codes, for the documentation and its test. */
export const errorCodes = Object.keys(codes) as ErrorCode[]
