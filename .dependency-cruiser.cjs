/**
 * Room rules for files; those for folders are in .dependency-cruiser.folders.cjs. Each rule's comment says which room the line should move to.
 * `scripts/dependency-rules.test.ts` plants one violation per rule and proves that the rule meant for it reports it.
 */
const APP = '^(hub|agent|web|e2e)/'
/** Rooms of the engine that browsers load too. */
const RUNS_ANYWHERE = 'reader|unlock|browser|blob-id|format|bytes|errors'
/** All that the program which stops an abandoned database loads. */
const LOADS_NO_PACKAGE =
  '^hub/src/platform/(lifecycle/(folder-lock|lock-witness|lock-record|durable-file|error-code|process-identity)|database/embedded/(stop-abandoned-server|stop-server|run-tool|postmaster-pid))\\.ts$'

module.exports = {
  forbidden: [
    {
      name: 'no-unresolved',
      severity: 'error',
      comment: 'An import that does not resolve hides from every other rule. (`virtual:` modules are made by the bundler.)',
      from: {},
      to: { couldNotResolve: true, pathNot: '^virtual:' },
    },
    {
      name: 'reader-runs-anywhere',
      severity: 'error',
      comment: 'Reading and unlocking run in the browser: no node builtins; primitives come in as ports.',
      from: { path: `^engine/src/(${RUNS_ANYWHERE})/`, pathNot: '(\\.test\\.ts$|/testing/)' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'reader-knows-only-what-lies-below',
      severity: 'error',
      comment: 'reader stands on format, bytes and errors; take what else it needs as a port.',
      from: { path: '^engine/src/reader/', pathNot: '\\.test\\.ts$' },
      to: { path: '^engine/src/', pathNot: '^engine/src/(reader|format|bytes|errors)/' },
    },
    {
      name: 'unlock-knows-only-what-lies-below',
      severity: 'error',
      comment: 'unlock stands on reader and what reader stands on; take what else it needs as a port.',
      from: { path: '^engine/src/unlock/', pathNot: '\\.test\\.ts$' },
      to: { path: '^engine/src/', pathNot: '^engine/src/(unlock|reader|format|bytes|errors)/' },
    },
    {
      name: 'what-runs-anywhere-knows-nothing-else',
      severity: 'error',
      comment: 'What browsers load may lead to no room that they cannot load.',
      from: { path: `^engine/src/(${RUNS_ANYWHERE})/`, pathNot: '(\\.test\\.ts$|/testing/)' },
      to: { path: '^engine/src/', pathNot: `^engine/src/(${RUNS_ANYWHERE})/` },
    },
    {
      name: 'no-cycle',
      severity: 'error',
      comment: 'Split the shared part into its own file below both.',
      from: {},
      to: { circular: true },
    },
    {
      name: 'child-never-imports-parent-door',
      severity: 'error',
      comment: 'A part may not know its whole; import the sibling file.',
      from: { path: '^(.+)/[^/]+/[^/]+\\.(ts|vue)$' },
      to: { path: '^$1/index\\.ts$' },
    },
    {
      name: 'apps-never-import-apps',
      severity: 'error',
      comment: 'Move the shared line to engine/ or shared-types/.',
      from: { path: APP },
      to: { path: APP, pathNot: '^$1/' },
    },
    {
      name: 'shared-types-stands-alone',
      severity: 'error',
      comment: 'Contracts depend on zod only.',
      from: { path: '^shared-types/' },
      to: { path: '^(engine|hub|agent|web|e2e)/' },
    },
    {
      name: 'shared-types-is-pure',
      severity: 'error',
      comment: 'Contracts run in the browser: no node builtins.',
      from: { path: '^shared-types/src/', pathNot: '\\.test\\.ts$' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'engine-stands-alone',
      severity: 'error',
      comment: 'The engine knows no product.',
      from: { path: '^engine/' },
      to: { path: '^(shared-types|hub|agent|web|e2e)/' },
    },
    {
      name: 'engine-is-entered-by-its-doors',
      severity: 'error',
      comment: 'Import @holdfast/engine/<door>; a name that is missing there belongs into the door, or not to you.',
      from: { path: '^(hub|agent|web)/' },
      to: { path: '^engine/', pathNot: '^engine/src/[^/]+/index\\.ts$' },
    },
    {
      name: 'web-takes-what-runs-anywhere',
      severity: 'error',
      comment: 'The browser may use the rooms of the engine that are runtime-neutral only.',
      from: { path: '^web/' },
      to: { path: '^engine/src/', pathNot: `^engine/src/(${RUNS_ANYWHERE})/` },
    },
    {
      name: 'e2e-is-a-black-box',
      severity: 'error',
      comment: 'Ask the hub over HTTP or the socket, and the agent by its command line.',
      from: { path: '^e2e/' },
      to: { path: '^engine/' },
    },
    {
      name: 'keys-live-in-one-feature',
      severity: 'error',
      comment: 'Only hub/features/vaults opens a vault, or makes keys of one.',
      from: { path: '^hub/', pathNot: '^hub/src/features/vaults/' },
      to: { path: '^engine/src/(vault|reader|unlock|archiver|walker|restorer|maintenance)/' },
    },
    {
      name: 'engine-store-knows-no-vault',
      severity: 'error',
      comment: 'A store moves bytes by key.',
      from: { path: '^engine/src/store/' },
      to: { path: '^engine/src/(vault|archiver|restorer|walker|maintenance|chunker)/' },
    },
    {
      name: 'vault-internals',
      severity: 'error',
      comment: 'Only vault/ may open pack/, blob-index/, crypto/, compression/.',
      from: { path: '^(engine/src|hub|agent)/', pathNot: '^engine/src/vault/' },
      to: { path: '^engine/src/vault/[^/]+/' },
    },
    {
      name: 'verbs-know-the-vault-by-type-only',
      severity: 'error',
      comment: 'archiver, restorer and walker take the interface; main wires the real one.',
      from: { path: '^engine/src/(archiver|restorer|walker)/', pathNot: '\\.test\\.ts$' },
      to: { path: '^engine/src/vault/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'product-knows-no-test',
      severity: 'error',
      comment: 'What only tests need stays in testing/; what the product needs moves out of it.',
      from: {
        path: '^(shared-types|engine|hub|agent|web)/',
        pathNot: [
          '/testing/',
          '/test/',
          '/bench/',
          '^web/scripts/',
          '^hub/src/migrations/generate',
          '^engine/goldens/',
          '\\.(test|faults)\\.ts$',
        ],
      },
      to: { path: ['/testing/', '/test/', '^engine/goldens/', '\\.(test|faults)\\.ts$'], pathNot: 'node_modules' },
    },
    {
      name: 'platform-knows-no-feature',
      severity: 'error',
      comment: 'Platform is below features.',
      from: { path: '^(hub|web)/src/platform/' },
      to: { path: '^(hub|web)/src/features/' },
    },
    {
      name: 'stopping-a-database-needs-no-package',
      severity: 'error',
      comment:
        'The watchdog stops the database of a killed hub also while an update replaces packages: Node and these files are all it loads.',
      from: { path: LOADS_NO_PACKAGE },
      to: { pathNot: LOADS_NO_PACKAGE, dependencyTypesNot: ['type-only', 'core'] },
    },
    {
      name: 'features-know-no-wiring',
      severity: 'error',
      comment: 'The wiring lists features; a feature takes what it needs as a parameter.',
      from: { path: '^hub/src/(features|platform|config)/', pathNot: '\\.test\\.ts$' },
      to: { path: '^hub/src/(wiring/|cli/|main\\.ts|create-hub\\.ts)' },
    },
    {
      name: 'features-use-the-front-door',
      severity: 'error',
      comment: 'Import another feature through its index.ts.',
      from: { path: '^(hub|web)/src/features/([^/]+)/' },
      to: {
        path: '^(hub|web)/src/features/([^/]+)/',
        pathNot: ['^$1/src/features/$2/', '^(hub|web)/src/features/[^/]+/index\\.ts$'],
      },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(dist|out)/' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['@holdfast/source', 'import', 'types', 'node', 'default'],
    },
  },
}
