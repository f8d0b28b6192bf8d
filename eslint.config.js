import tseslint from 'typescript-eslint'

// The rooms of the harness, from the top down: each imports only from those above it, through their index.js, and may leave
// out what it does not need. docs/architecture.md has the picture. Tests may use what stands below them, as a fork.
const rooms = [
  ...['settings', 'errors', 'contract', 'images', 'sandbox', 'qemu', 'timeline', 'waits', 'guest', 'cluster'],
  ...['snapshot', 'faults', 'openstack', 'cloud', 'depot'],
  ...['diagnosis', 'scenario', 'record', 'report', 'bisect', 'nightly', 'cli'],
]
/** @type {import('typescript-eslint').ConfigArray} */
const borderRules = rooms.map((room, index) => {
  const below = rooms.slice(index + 1)
  const lower =
    below.length > 0
      ? [{ regex: `^(\\.\\./)+(${below.join('|')})/`, message: `${room} stands above it` }]
      : []
  const inside = {
    regex: `^(\\.\\./)+(${rooms.join('|')})/(?!index\\.js$)`,
    message: 'import through index.js',
  }
  return {
    files: [`harness/${room}/**/*.ts`],
    ignores: ['**/*.test.ts', '**/testing/**'],
    rules: { 'no-restricted-imports': ['error', { patterns: [...lower, inside] }] },
  }
})

export default tseslint.config(
  { ignores: ['node_modules', 'results', 'dist'] },
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
    files: ['**/*.ts'],
    ignores: ['**/*.test.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        {
          selector:
            "CallExpression[callee.object.name='AbortSignal'][callee.property.name='any'] CallExpression[callee.object.name='AbortSignal'][callee.property.name='timeout']",
          message: 'Node 20 collects a signal of a time-out that nothing else refers to: use a timer',
        },
      ],
    },
  },
  {
    // The environment is read in one place, and checked there.
    files: ['harness/**/*.ts', 'fixtures/**/*.ts', 'scenarios/**/*.ts'],
    ignores: ['harness/settings.ts', '**/*.test.ts', '**/testing/**'],
    rules: {
      'no-restricted-properties': [
        'error',
        { object: 'process', property: 'env', message: 'settings.ts reads the environment' },
      ],
      // It never returns for some folders that cannot be made (make-folder.ts).
      'no-restricted-syntax': [
        'error',
        {
          selector: 'CallExpression[callee.name=/^mkdir/] Property[key.name="recursive"]',
          message: 'makeFolder makes folders, and those above them',
        },
      ],
    },
  },
  {
    files: ['scenarios/**/*.ts', 'fixtures/**/*.ts'],
    ignores: ['**/*.test.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        { patterns: [{ regex: 'harness/(?!index\\.js$)', message: 'import from harness/index.js only' }] },
      ],
    },
  },
)
