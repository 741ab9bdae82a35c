import { deno } from './runtimes/deno.ts';
import { describeParity } from './suite.ts';

describeParity(deno);
