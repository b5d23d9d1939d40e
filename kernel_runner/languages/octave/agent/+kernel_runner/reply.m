## Writes a frame: at once, so that an interrupt does not cut it in two.

function reply (type, id, varargin)
  fields = cellfun (@(field) uint8 (field(:)'), varargin, "UniformOutput", false);
  header = uint8 ([type, sprintf(" %d", [id, cellfun(@numel, fields)]), "\n"]);
  answers = kernel_runner.stream ("answers", "/dev/fd/4", "wb");
  fwrite (answers, [header, fields{:}]);
  fflush (answers);
endfunction
