/** SIGSTOP of a process until the end of the block, whatever happens there: a stopped process cannot even be asked to end. */
export function pauseProcess(pid: number): Disposable & { resume(): void } {
  process.kill(pid, 'SIGSTOP');
  const resume = () => {
    try {
      process.kill(pid, 'SIGCONT');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  };
  return { resume, [Symbol.dispose]: resume };
}

/** SIGKILL, also of a process that is gone already. */
export function killProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
