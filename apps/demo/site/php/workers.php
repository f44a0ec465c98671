<?php

// The workers of PHP-FPM: number, start, requests served. PHP's own fpm_get_status() knows them too, but in some versions it
// crashes while a worker is being made (php-src#18595), which is just when the start page asks.

declare(strict_types=1);

/** Counts this request for the worker that serves it, in a file that only this worker writes. */
function count_request(): void
{
    $file = note_of(getmypid());
    $requests = is_file($file) ? (int) file_get_contents($file) : 0;
    file_put_contents($file, (string) ($requests + 1));
}

/** @return list<array{pid: int, since: string, requests: int}> */
function workers(): array
{
    $workers = [];
    foreach (worker_pids() as $pid) {
        $file = note_of($pid);
        $noted = is_file($file);
        $since = start_of($pid) ?? ($noted ? filectime($file) : time());
        $requests = $noted ? (int) file_get_contents($file) : 0;
        $workers[] = ['pid' => $pid, 'since' => gmdate(DATE_ATOM, $since), 'requests' => $requests];
    }
    usort($workers, fn(array $a, array $b): int => $a['pid'] <=> $b['pid']);
    return $workers;
}

/** All children of the master on Linux; elsewhere those that have served a request and live. */
function worker_pids(): array
{
    $master = stat_fields(getmypid())[1] ?? 0;
    $children = @file_get_contents("/proc/$master/task/$master/children");
    if ($children !== false) {
        return array_map('intval', preg_split('/\s+/', $children, -1, PREG_SPLIT_NO_EMPTY));
    }
    $pids = array_map(fn(string $file): int => (int) substr(strrchr($file, '-'), 1), glob(note_of('*')));
    return array_values(array_filter($pids, fn(int $pid): bool => posix_kill($pid, 0)));
}

/** When a process was started, in seconds since 1970, as Linux tells: so many hundredths of a second after the machine. */
function start_of(int $pid): ?int
{
    $fields = stat_fields($pid);
    if ($fields === [] || preg_match('/^btime (\d+)/m', (string) @file_get_contents('/proc/stat'), $boot) !== 1) {
        return null;
    }
    return (int) $boot[1] + intdiv((int) $fields[19], 100);
}

/** What Linux says about a process behind its name, which stands in parentheses: state, parent, … (proc_pid_stat(5), from field 3). */
function stat_fields(int $pid): array
{
    $stat = @file_get_contents("/proc/$pid/stat");
    return $stat === false ? [] : explode(' ', substr($stat, strrpos($stat, ')') + 2));
}

/** @param int|string $pid */
function note_of($pid): string
{
    return "{$_SERVER['DEMO_FOLDER']}/requests-$pid";
}
