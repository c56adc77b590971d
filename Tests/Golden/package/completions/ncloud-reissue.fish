# Completions of ncloud-reissue for fish; the program itself says what can follow.
function __ncloud_reissue_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l lines ($words[1] complete -- $words[2..-1] "$current" 2>/dev/null)
    printf '%s\n' $lines[2..-1]
    set -l sign (string match -r -- '^--[^=]*=' "$current")
    set -l file (string replace -r -- '^--[^=]*=' '' "$current")
    switch "$lines[1]"
        case files
            string replace -r -- '^' "$sign" (__fish_complete_path "$file")
        case folders
            string replace -r -- '^' "$sign" (__fish_complete_directories "$file" folder)
    end
end
complete -c ncloud-reissue -f -a '(__ncloud_reissue_complete)'
