/**
 * What PHP runs for one task: JSON in by the request body, JSON out between two marks. PHP 7 and newer. It takes no
 * code from anybody, and nothing from the query.
 */
export const SCRIPT = `<?php
// Of @x/client, for one question to PHP-FPM; removed when it is answered.
$task = json_decode(file_get_contents('php://input'), true);
if (!is_array($task) || !isset($task['name'], $task['mark']) || !ctype_xdigit($task['mark'])) {
    http_response_code(400);
    exit;
}
function need($function, $extension)
{
    if (function_exists($function)) {
        return;
    }
    throw new RuntimeException(extension_loaded($extension)
        ? "$function() is in disable_functions."
        : "the extension $extension is not loaded; install it (on Debian: php-" . strtolower(strtr($extension, ['Zend OP' => 'op'])) . '), or enable it.');
}
function opcache($function, ...$arguments)
{
    need($function, 'Zend OPcache');
    error_clear_last();
    $result = @$function(...$arguments);
    if ($result !== false) {
        return $result;
    }
    $said = error_get_last();
    if ($said !== null && strpos($said['message'], 'restrict') !== false) {
        throw new RuntimeException('OPcache is restricted to other scripts by opcache.restrict_api = ' . ini_get('opcache.restrict_api') . '; give scriptFolder a folder that is allowed.');
    }
    if (!ini_get('opcache.enable')) {
        throw new RuntimeException('OPcache is off; set opcache.enable = 1 in php.ini.');
    }
    return false;
}
function apcu($function, ...$arguments)
{
    need($function, 'apcu');
    if (!ini_get('apc.enabled')) {
        throw new RuntimeException('APCu is off; set apc.enabled = 1 in php.ini.');
    }
    return $function(...$arguments);
}
function run($task)
{
    switch ($task['name']) {
        case 'opcache-status':
            $status = opcache('opcache_get_status', $task['scripts']);
            // Switched off by the pool, after the extension was loaded, it still tells of the others.
            if ($status === false || empty($status['opcache_enabled'])) {
                throw new RuntimeException('OPcache is off; set opcache.enable = 1 in php.ini.');
            }
            return $status;
        case 'opcache-configuration':
            return opcache('opcache_get_configuration');
        case 'opcache-reset':
            if (opcache('opcache_reset') !== true) {
                throw new RuntimeException('OPcache is off, or is being reset already.');
            }
            return true;
        case 'opcache-invalidate':
            opcache('opcache_get_status', false);
            return array_values(array_filter($task['files'], function ($file) use ($task) {
                return opcache_is_script_cached($file) && opcache('opcache_invalidate', $file, $task['force']) === true;
            }));
        case 'opcache-compile':
            opcache('opcache_get_status', false);
            return array_values(array_filter($task['files'], function ($file) {
                try {
                    return opcache('opcache_compile_file', $file) === true;
                } catch (ParseError $error) {
                    return false;
                }
            }));
        case 'apcu-status':
            return ['cache' => apcu('apcu_cache_info', true), 'memory' => apcu('apcu_sma_info', true)];
        case 'apcu-clear':
            return apcu('apcu_clear_cache');
        case 'realpath-status':
            return ['size' => realpath_cache_size(), 'limit' => ini_get('realpath_cache_size'), 'entries' => array_map('strval', array_keys(realpath_cache_get()))];
        case 'realpath-clear':
            clearstatcache(true);
            return true;
    }
    throw new RuntimeException('there is no such task.');
}
try {
    $answer = ['result' => run($task)];
} catch (Throwable $error) {
    $answer = ['error' => $error->getMessage()];
}
header('Content-Type: application/json');
// A file name need not be UTF-8, a rate of nothing is no number.
$json = json_encode($answer, JSON_INVALID_UTF8_SUBSTITUTE | JSON_PARTIAL_OUTPUT_ON_ERROR | JSON_UNESCAPED_SLASHES);
echo $task['mark'], $json, $task['mark'];
// Before auto_append_file has its turn.
exit;
`;
