import { dotnet } from './runtimes/dotnet.ts';
import { describeParity } from './suite.ts';

describeParity(dotnet);
