/**
 * Room rules for folders, over the product alone: a test may look at its room from above (the wiring, a database with every table),
 * and that must not count as its room knowing them.
 */
const { options } = require('./.dependency-cruiser.cjs')

module.exports = {
  forbidden: [
    {
      name: 'no-folder-cycle',
      severity: 'error',
      scope: 'folder',
      comment: 'Two rooms that need each other are one room, or need a third below both.',
      from: {},
      to: { circular: true },
    },
  ],
  options: { ...options, exclude: { path: ['(^|/)(dist|out|testing)/', '\\.(test|faults)\\.ts$'] } },
}
