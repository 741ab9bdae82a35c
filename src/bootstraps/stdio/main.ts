import { serve } from '../program/serve.ts';
import { givenCommand } from './command.ts';
import { SpawningHost } from './spawning-host.ts';

const given = givenCommand(process.env);
serve(() => new SpawningHost(given));
