/** A step of making a golden snapshot, as far as it leaves something behind in the nodes. */
export interface MakingStepVersion {
  /** Raised by hand when the step leaves something else behind: snapshots made before are then made anew. */
  version: number
  /** The sources of the step, below harness/. */
  sources: readonly string[]
  /**
   * Digest of those sources, without comments and layout, when somebody last looked whether `version` must be raised
   * (making-steps.test.ts compares, and prints the new one).
   */
  lookedAt: string
}

/** All of them, in the order in which they are done. Their versions are part of every snapshot's key. */
export const makingSteps: Readonly<Record<string, MakingStepVersion>> = {
  login: { version: 1, sources: ['guest/login.ts', 'guest/console.ts'], lookedAt: '2355afb5725d69a5' },
  shells: { version: 2, sources: ['guest/shell-loop.ts'], lookedAt: '9cee73ddcfd55b6d' },
  provisioning: {
    version: 2,
    sources: ['cluster/provision.ts', 'cluster/edit-file.ts', 'cluster/init-words.ts', 'guest/files.ts'],
    lookedAt: '1ba142c58dc688a7',
  },
  proof: { version: 4, sources: ['cloud/readiness.ts'], lookedAt: '518e134def7e9ed0' },
  'warm-up': { version: 5, sources: ['cloud/warm-up.ts', 'cloud/browser.ts'], lookedAt: '2a7c9fe8c85b8d33' },
  rest: { version: 1, sources: ['cluster/quiet-moment.ts'], lookedAt: '6efb777e0713c562' },
  saving: { version: 1, sources: ['snapshot/keep.ts', 'qemu/saved-state.ts'], lookedAt: 'eb0ceb4fbe7954e3' },
}
