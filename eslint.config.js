import tseslint from 'typescript-eslint'

// Which folder of the harness may import which: only from folders before it (docs/architecture.md has the picture).
/** @type {Record<string, string[]>} */
const borders = {
  images: ['contract'],
  qemu: ['images', 'sandbox'],
  sandbox: [],
  contract: [],
  waits: [],
  guest: ['waits', 'sandbox', 'qemu'],
  openstack: ['waits'],
  cluster: ['contract', 'images', 'qemu', 'sandbox', 'guest', 'waits'],
  cloud: ['contract', 'images', 'qemu', 'guest', 'cluster', 'openstack', 'waits'],
  report: ['cluster'],
  scenario: ['images', 'cloud', 'cluster', 'openstack', 'report'],
}
const folders = [...Object.keys(borders), 'cli']
/** @type {import('typescript-eslint').ConfigArray} */
const borderRules = Object.entries(borders).map(([folder, allowed]) => {
  const forbidden = folders.filter((other) => other !== folder && !allowed.includes(other))
  const message = `harness/${folder} may import only ${['errors, log, duration, paths, replace-file', ...allowed].join(', ')}`
  return {
    files: [`harness/${folder}/**/*.ts`],
    rules: {
      'no-restricted-imports': [
        'error',
        { patterns: [{ regex: `^(\\.\\./)+(${forbidden.join('|')})/`, message }] },
      ],
    },
  }
})

export default tseslint.config(
  { ignores: ['node_modules', 'results'] },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      // `process.env['X']` is what noPropertyAccessFromIndexSignature style asks for.
      '@typescript-eslint/dot-notation': 'off',
    },
  },
  ...borderRules,
  {
    files: ['scenarios/**/*.ts', 'fixtures/**/*.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        { patterns: [{ regex: 'harness/(?!index\\.js$)', message: 'import from harness/index.js only' }] },
      ],
    },
  },
)
