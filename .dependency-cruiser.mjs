// For dependency-cruiser's own command, which draws graphs: depcruise src --output-type mermaid. `npm run deps` is the check.
export { default } from './scripts/architecture-rules.ts';
